namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>Emphasis of phases and states.</summary>
internal static class PhaseColour
{
    /// <summary>A VM's phase or a deployment's state as a cell.</summary>
    public static Cell Of(string phase) => new(phase, phase switch
    {
        "Running" or "Completed" or "Complete" => Colour.Green,
        "Failed" or "Degraded" or "RollingBack" or "RolledBack" => Colour.Red,
        "BackOff" or "Stopping" or "NoDevices" or "Paused" or "AwaitingApproval" => Colour.Yellow,
        _ => Colour.Plain,
    });
}

namespace MicroVm.ControlPlane.Cli.Output;

/// <summary>How far a device's times can be believed, as people read it: nothing is said of what is right.</summary>
internal static class ClockText
{
    /// <summary>The mark of the API as a cell.</summary>
    public static Cell Cell(string clock) => clock switch
    {
        "Corrected" => new Cell("corrected"),
        "Unsynchronised" => new Cell("unsynchronised", Colour.Yellow),
        "NotSet" => new Cell("not set", Colour.Red),
        _ => new Cell(""),
    };
}

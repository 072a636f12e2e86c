namespace MicroVm.EdgeAgent.Telemetry.Clocks;

/// <summary>The device's clocks.</summary>
internal interface IDeviceClock
{
    /// <summary>The running kernel's boot id.</summary>
    string KernelBootId { get; }

    /// <summary>What they show.</summary>
    ClockReading Read();
}

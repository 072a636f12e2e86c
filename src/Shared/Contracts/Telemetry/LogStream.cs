namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>Where a workload wrote a line.</summary>
public enum LogStream
{
    /// <summary>Standard output.</summary>
    Stdout = 1,

    /// <summary>Standard error.</summary>
    Stderr = 2,
}

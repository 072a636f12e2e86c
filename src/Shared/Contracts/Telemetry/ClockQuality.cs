namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>How far a device's clock can be believed.</summary>
public enum ClockQuality
{
    /// <summary>The device did not say, as those of before this mark do not.</summary>
    Unknown = 0,

    /// <summary>The kernel says that somebody keeps the clock in time (adjtimex(2), without <c>STA_UNSYNC</c>).</summary>
    Synchronised = 1,

    /// <summary>The clock runs freely: it may be off by seconds, or by anything.</summary>
    Unsynchronised = 2,

    /// <summary>The clock shows a time in which this agent did not exist yet, or one far behind its life: nobody has set it.</summary>
    NotSet = 3,
}

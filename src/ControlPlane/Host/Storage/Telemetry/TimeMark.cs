namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>How far the times of a batch can be believed. The numbers are in the database, the names in the API.</summary>
internal enum TimeMark
{
    /// <summary>The device did not say: its agent is older than the mark.</summary>
    Unknown = 0,

    /// <summary>Somebody kept the device's clock in time.</summary>
    Synchronised = 1,

    /// <summary>The clock was wrong or ran freely; the times are what it should have shown.</summary>
    Corrected = 2,

    /// <summary>The clock ran freely, and nothing says what it should have shown.</summary>
    Unsynchronised = 3,

    /// <summary>Nobody had set the clock, and nothing says what it should have shown.</summary>
    NotSet = 4,
}

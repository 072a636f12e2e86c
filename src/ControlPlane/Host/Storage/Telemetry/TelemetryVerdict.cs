namespace MicroVm.ControlPlane.Host.Storage.Telemetry;

/// <summary>What became of a batch.</summary>
internal enum TelemetryVerdict
{
    /// <summary>It is kept.</summary>
    Stored,

    /// <summary>It was kept before.</summary>
    Duplicate,

    /// <summary>Its device never said hello; nothing is kept.</summary>
    Unregistered,
}

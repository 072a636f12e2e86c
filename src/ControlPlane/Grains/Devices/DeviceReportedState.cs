namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>What the device said last, in its own encoding.</summary>
internal sealed record DeviceReportedState
{
    /// <summary>Payload of the newest hello; null while the device is not registered.</summary>
    public byte[]? Hello { get; init; }

    /// <summary>Payload of the newest report; null when there was none.</summary>
    public byte[]? Report { get; init; }

    /// <summary>Which uplinks are news.</summary>
    public UplinkWindow Window { get; init; } = UplinkWindow.Empty;

    /// <summary>When the newest of them came.</summary>
    public DateTimeOffset? LastSeen { get; init; }
}

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>How an uplink was taken.</summary>
public enum UplinkVerdict
{
    /// <summary>It is the newest and is kept.</summary>
    Accepted,

    /// <summary>A newer one, or itself, came before; nothing was changed.</summary>
    Stale,

    /// <summary>The device never said hello.</summary>
    Unregistered,
}

namespace MicroVm.ControlPlane.Host.Api.Sessions;

/// <summary>How many sessions there may be, and how long they may take to begin.</summary>
internal static class SessionLimits
{
    /// <summary>Sessions with one device; the device has a limit of its own, which is not higher.</summary>
    internal const int PerDevice = 16;

    /// <summary>Sessions with all devices. Each holds two connections and up to 130 KiB of what is on its way.</summary>
    internal const int Overall = 1024;

    /// <summary>Longest wait for an operator's first frame.</summary>
    internal static TimeSpan Opening { get; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest wait for a device to call back.</summary>
    internal static TimeSpan CallBack { get; } = TimeSpan.FromSeconds(15);
}

namespace MicroVm.ControlPlane.Host.Api.Status;

/// <summary>How the control plane itself is.</summary>
/// <param name="Version">Version of the program.</param>
/// <param name="StartedAt">When this process started.</param>
/// <param name="DevicesConnected">Devices with a connection now.</param>
/// <param name="Counters">What the gateway counted since it started, by name.</param>
internal sealed record StatusView(
    string Version, DateTimeOffset StartedAt, int DevicesConnected, IReadOnlyDictionary<string, long> Counters);

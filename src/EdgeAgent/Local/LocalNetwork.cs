namespace MicroVm.EdgeAgent.Local;

/// <summary>The VMs' network as somebody on the device sees it.</summary>
/// <param name="IsEnabled">The configuration wants one.</param>
/// <param name="IsUp">The host has the bridge.</param>
/// <param name="Pool">Addresses of VMs.</param>
/// <param name="Gateway">The bridge's address.</param>
/// <param name="Taken">VMs that have one.</param>
internal sealed record LocalNetwork(bool IsEnabled, bool IsUp, string Pool, string Gateway, int Taken);

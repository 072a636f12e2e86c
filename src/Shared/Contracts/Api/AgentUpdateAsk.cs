namespace MicroVm.Shared.Contracts.Api;

/// <summary>Which devices are to run which agent.</summary>
/// <param name="Version">Version of a release; empty when whatever they run will do.</param>
/// <param name="Selector">Which devices, in the selector language; empty for those that are named.</param>
/// <param name="Devices">Ids of devices; empty for those that are selected.</param>
/// <param name="Percent">How many of them, 1 to 100; the same ones and more when it is asked again with a larger share.</param>
/// <param name="AllowDowngrade">Devices that run a later version go back.</param>
/// <param name="DespiteFailures">Devices on which it failed are no reason to stop.</param>
public sealed record AgentUpdateAsk(
    string Version, string Selector, IReadOnlyList<string> Devices, int Percent = 100, bool AllowDowngrade = false, bool DespiteFailures = false);

namespace MicroVm.Shared.Contracts.Api;

/// <summary>Which agent a device runs and should run.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Online">It is connected now.</param>
/// <param name="Architecture">Its architecture.</param>
/// <param name="RunningVersion">What it runs.</param>
/// <param name="DesiredVersion">What it should run; empty when nothing certain.</param>
/// <param name="Phase">Empty, <c>Pending</c>, <c>Fetching</c>, <c>Ready</c>, <c>Trial</c>, <c>Current</c>, <c>Failed</c> or <c>Refused</c>.</param>
/// <param name="Message">One line for people; empty for none.</param>
public sealed record AgentUpdateView(
    string Device, bool Online, string Architecture, string RunningVersion, string DesiredVersion, string Phase, string Message);

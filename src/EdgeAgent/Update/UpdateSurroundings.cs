namespace MicroVm.EdgeAgent.Update;

/// <summary>What updates need to know of the rest of the agent.</summary>
/// <param name="HasLauncher">The launcher started this process.</param>
/// <param name="LauncherFault">Why it would not start what this process switches to; null when it would.</param>
/// <param name="IsConnected">Says whether the control plane is connected.</param>
/// <param name="IsReconciling">Says whether reconciling and the store were seen to work a moment ago.</param>
internal sealed record UpdateSurroundings(bool HasLauncher, string? LauncherFault, Func<bool> IsConnected, Func<bool> IsReconciling);

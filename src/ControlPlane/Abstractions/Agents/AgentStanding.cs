namespace MicroVm.ControlPlane.Abstractions.Agents;

/// <summary>Which agent a device runs and should run, as far as the control plane knows.</summary>
/// <param name="Device">Device id.</param>
/// <param name="IsOnline">It is connected now.</param>
/// <param name="Architecture">Its architecture.</param>
/// <param name="RunningVersion">What it said when it connected last.</param>
/// <param name="DesiredVersion">What it is to run; empty when nothing certain.</param>
/// <param name="Phase">How far it is, a name of <see cref="Shared.Contracts.Reported.AgentPhase"/>; <c>Pending</c> when it has not said; empty when nothing is desired.</param>
/// <param name="Message">One line for people; empty for none.</param>
[GenerateSerializer]
[Immutable]
public sealed record AgentStanding(
    [property: Id(0)] string Device,
    [property: Id(1)] bool IsOnline,
    [property: Id(2)] string Architecture,
    [property: Id(3)] string RunningVersion,
    [property: Id(4)] string DesiredVersion,
    [property: Id(5)] string Phase,
    [property: Id(6)] string Message)
{
    /// <summary>The device has not said anything about what it is to run.</summary>
    public const string Pending = nameof(Pending);
}

namespace MicroVm.EdgeAgent.Configuration;

/// <summary>How long a new agent has to show that it works.</summary>
/// <param name="GateSeconds">Longest time from its start until it has to be connected and reconciling.</param>
/// <param name="SettleSeconds">Shortest time that it has to have run.</param>
internal sealed record UpdateOptions(int GateSeconds, int SettleSeconds)
{
    /// <summary>Longest gate: a day.</summary>
    internal const int MaxGateSeconds = 86_400;

    /// <summary>What holds when nothing is configured.</summary>
    internal static UpdateOptions Default { get; } = new(300, 30);
}

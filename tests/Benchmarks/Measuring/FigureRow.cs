namespace MicroVm.Benchmarks.Measuring;

/// <summary>One figure with its goal, as text with units; <paramref name="Peer"/> is empty where nothing stands beside it.</summary>
internal sealed record FigureRow(string Name, string Ours, string Peer, string Goal, bool Missed);

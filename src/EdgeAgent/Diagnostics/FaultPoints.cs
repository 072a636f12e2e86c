namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>Where tests end the agent. Costs an agent a look at a field.</summary>
internal static class FaultPoints
{
    /// <summary>Called before (false) and after (true) each thing that outlives the agent; null outside tests.</summary>
    internal static Action<FaultPoint, bool>? Reached { get; set; }

    /// <summary>It is about to be done.</summary>
    internal static void Before(FaultPoint point) => Reached?.Invoke(point, false);

    /// <summary>It was done.</summary>
    internal static void After(FaultPoint point) => Reached?.Invoke(point, true);
}

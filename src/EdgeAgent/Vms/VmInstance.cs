using MicroVm.EdgeAgent.Vms.Guest;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>A VM whose VMM is alive.</summary>
internal sealed class VmInstance(VmRun run, WatchedProcess process, GuestSession session, GuestChannelServer channel, VmMemory memory)
{
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Which run it is.</summary>
    internal VmRun Run { get; } = run;

    /// <summary>The VMM.</summary>
    internal WatchedProcess Process { get; } = process;

    /// <summary>What is said to and heard from the guest.</summary>
    internal GuestSession Session { get; } = session;

    /// <summary>Where the guest connects.</summary>
    internal GuestChannelServer Channel { get; } = channel;

    /// <summary>How much memory it has.</summary>
    internal VmMemory Memory { get; } = memory;

    /// <summary>What it runs without, in one line for people; empty for nothing. Lost when the agent starts anew.</summary>
    internal string Handicap { get; init; } = "";

    /// <summary>Completes after the process has ended and its record says so.</summary>
    internal Task Settled => _settled.Task;

    /// <summary>Tells who waits that the record says how the run ended.</summary>
    internal void Settle() => _settled.TrySetResult();
}

using MicroVm.EdgeAgent.Planning;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Cgroups;

/// <summary>What a VMM process may have. Pure.</summary>
/// <param name="MemoryBytes">Most memory: guest, VMM, the kernel's tables for both, file pages in between.</param>
/// <param name="Processes">Most threads.</param>
/// <param name="CpuWeight">Share of the processors when they are busy; 100 is usual (cgroup v2's <c>cpu.weight</c>).</param>
/// <param name="OomScoreAdjust">Who goes first when memory runs out; the highest does (proc(5), <c>oom_score_adj</c>).</param>
internal sealed record VmLimits(long MemoryBytes, int Processes, int CpuWeight, int OomScoreAdjust)
{
    /// <summary>The agent goes after every VM.</summary>
    internal const int AgentOomScoreAdjust = -950;

    // Page tables of the VMM and of KVM take 1/512 of the guest's memory each, once all of it is touched.
    private const int TablesPart = 64;
    private const int BaseProcesses = 128, ProcessesPerVcpu = 2;
    private const int UsualWeight = 100;

    // The kernel adds a process's share of all memory, in thousandths, to these: the bands are so far apart that an elastic VM
    // that holds nothing goes before a guaranteed one that holds nine tenths.
    private const int ElasticMiddle = 925, ElasticHalf = 75;
    private const int GuaranteedMiddle = -450, GuaranteedHalf = 350;
    private const long BytesPerMib = 1 << 20;

    /// <summary>The limits of a VM. Its memory is the most that it may have, so that no healthy VM reaches the limit.</summary>
    internal static VmLimits Of(VmSpec spec) => new(
        (spec.MemoryMib + MemoryDemand.OverheadMib + (spec.MemoryMib / TablesPart)) * BytesPerMib,
        BaseProcesses + (spec.VcpuCount * ProcessesPerVcpu),
        WeightOf(spec.Priority),
        MemoryDemand.IsElastic(spec) ? Score(ElasticMiddle, ElasticHalf, spec.Priority) : Score(GuaranteedMiddle, GuaranteedHalf, spec.Priority));

    /// <summary>A tenth for the least priority, ten times for the highest.</summary>
    private static int WeightOf(int priority) => (int)Math.Round(UsualWeight * Math.Pow(10, (double)priority / VmSpec.MaxPriority));

    private static int Score(int middle, int half, int priority) => middle - (half * priority / VmSpec.MaxPriority);
}

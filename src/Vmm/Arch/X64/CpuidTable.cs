using System.Numerics;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>
/// The CPUID leaves of one vCPU: what KVM supports on this host, with the fields that KVM leaves to the VMM: the APIC id,
/// one package of single-threaded cores, the hypervisor bit and the TSC-deadline timer.
/// </summary>
internal static class CpuidTable
{
    private const uint HypervisorPresent = 1u << 31;
    private const uint TscDeadline = 1u << 24;
    private const uint HyperThreading = 1u << 28;
    private const uint SignificantIndex = 1;
    private const uint LevelSmt = 1;
    private const uint LevelCore = 2;

    /// <summary>The leaves for the vCPU whose APIC id is <paramref name="apicId"/> of <paramref name="vcpuCount"/>.</summary>
    internal static KvmCpuidEntry2[] For(ReadOnlySpan<KvmCpuidEntry2> supported, int apicId, int vcpuCount, bool tscDeadline)
    {
        List<KvmCpuidEntry2> leaves = new(supported.Length + 3);
        bool extendedTopology = false;
        foreach (KvmCpuidEntry2 entry in supported)
        {
            if (entry.Function is 0xb or 0x1f)
            {
                // Replaced as a whole: KVM passes the host's own topology or none.
                extendedTopology |= entry.Function == 0xb;
                continue;
            }

            KvmCpuidEntry2 leaf = entry;
            Adjust(ref leaf, (uint)apicId, (uint)vcpuCount, tscDeadline);
            leaves.Add(leaf);
        }

        if (extendedTopology)
        {
            AddExtendedTopology(leaves, (uint)apicId, (uint)vcpuCount);
        }

        return [.. leaves];
    }

    private static void Adjust(ref KvmCpuidEntry2 leaf, uint apicId, uint vcpuCount, bool tscDeadline)
    {
        switch (leaf.Function)
        {
            case 0x1:
                leaf.Ebx = (leaf.Ebx & 0xffff) | (vcpuCount << 16) | (apicId << 24);
                leaf.Ecx |= HypervisorPresent | (tscDeadline ? TscDeadline : 0);
                leaf.Edx = vcpuCount > 1 ? leaf.Edx | HyperThreading : leaf.Edx & ~HyperThreading;
                break;
            case 0x4:
                AdjustIntelCache(ref leaf, vcpuCount);
                break;
            case 0x8000_0008:
                // AMD: number of cores less one, and how many APIC id bits number them.
                leaf.Ecx = (leaf.Ecx & ~0xf0ffu) | (vcpuCount - 1) | (CoreBits(vcpuCount) << 12);
                break;
            case 0x8000_001e:
                // AMD: extended APIC id; core number with one thread per core; node 0 of one.
                leaf.Eax = apicId;
                leaf.Ebx = apicId & 0xff;
                leaf.Ecx = 0;
                break;
        }
    }

    private static void AdjustIntelCache(ref KvmCpuidEntry2 leaf, uint vcpuCount)
    {
        uint level = (leaf.Eax >> 5) & 7;
        if ((leaf.Eax & 0x1f) == 0)
        {
            return;
        }

        uint sharing = level >= 3 ? (1u << (int)CoreBits(vcpuCount)) - 1 : 0;
        leaf.Eax = (leaf.Eax & 0x3fff) | (sharing << 14) | ((vcpuCount - 1) << 26);
    }

    private static void AddExtendedTopology(List<KvmCpuidEntry2> leaves, uint apicId, uint vcpuCount)
    {
        KvmCpuidEntry2 smt = new() { Function = 0xb, Index = 0, Flags = SignificantIndex, Edx = apicId };
        smt.Ebx = 1;
        smt.Ecx = LevelSmt << 8;
        KvmCpuidEntry2 core = smt with { Index = 1, Eax = CoreBits(vcpuCount), Ebx = vcpuCount, Ecx = 1 | (LevelCore << 8) };
        KvmCpuidEntry2 end = smt with { Index = 2, Ebx = 0, Ecx = 2 };
        leaves.Add(smt);
        leaves.Add(core);
        leaves.Add(end);
    }

    private static uint CoreBits(uint vcpuCount) => (uint)BitOperations.Log2(BitOperations.RoundUpToPowerOf2(vcpuCount));
}

using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Interop.Kvm.X64;

namespace MicroVm.Vmm.Tests.Arch;

public sealed class CpuidTableTests
{
    private static readonly KvmCpuidEntry2[] s_supported =
    [
        new() { Function = 0x1, Ebx = 0xdead_0800, Ecx = 1, Edx = 1u << 28 },
        new() { Function = 0x4, Index = 0, Eax = 0xfc00_4021 },
        new() { Function = 0x4, Index = 3, Eax = 0xfc00_4063 },
        new() { Function = 0xb, Index = 0, Edx = 77 },
        new() { Function = 0x8000_0008, Ecx = 0xffff_ffff },
        new() { Function = 0x8000_001e, Eax = 9, Ebx = 9, Ecx = 9 },
        new() { Function = 0x4000_0000, Eax = 0x4000_0001, Ebx = 0x4b4d_564b },
    ];

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, 4)]
    [InlineData(3, 4)]
    [InlineData(31, 32)]
    public void For_Vcpu_CarriesItsApicIdEverywhere(int apicId, int vcpuCount)
    {
        KvmCpuidEntry2[] leaves = CpuidTable.For(s_supported, apicId, vcpuCount, tscDeadline: true);

        KvmCpuidEntry2 features = Leaf(leaves, 1);
        Assert.Equal((uint)apicId, features.Ebx >> 24);
        Assert.Equal((uint)vcpuCount, (features.Ebx >> 16) & 0xff);
        Assert.Equal(0x0800u, features.Ebx & 0xffff);
        Assert.NotEqual(0u, features.Ecx & (1u << 31));
        Assert.NotEqual(0u, features.Ecx & (1u << 24));
        Assert.Equal(vcpuCount > 1, (features.Edx & (1u << 28)) != 0);
        Assert.All(leaves.Where(leaf => leaf.Function == 0xb), leaf => Assert.Equal((uint)apicId, leaf.Edx));
        Assert.Equal((uint)apicId, Leaf(leaves, 0x8000_001e).Eax);
        Assert.Equal((uint)vcpuCount - 1, Leaf(leaves, 0x8000_0008).Ecx & 0xff);
    }

    [Fact]
    public void For_FourVcpus_DescribesFourSingleThreadedCores()
    {
        KvmCpuidEntry2[] leaves = CpuidTable.For(s_supported, 2, 4, tscDeadline: false);

        KvmCpuidEntry2[] topology = [.. leaves.Where(leaf => leaf.Function == 0xb)];
        Assert.Equal(3, topology.Length);
        Assert.Equal((0u, 1u, 0x100u), (topology[0].Eax, topology[0].Ebx, topology[0].Ecx));
        Assert.Equal((2u, 4u, 0x201u), (topology[1].Eax, topology[1].Ebx, topology[1].Ecx));
        Assert.Equal(0u, topology[2].Ecx & 0xff00);
        KvmCpuidEntry2[] caches = [.. leaves.Where(leaf => leaf.Function == 0x4)];
        Assert.Equal(0u, (caches[0].Eax >> 14) & 0xfff);
        Assert.Equal(3u, (caches[1].Eax >> 14) & 0xfff);
        Assert.Equal(3u, caches[1].Eax >> 26);
    }

    [Fact]
    public void For_Vcpu_LeavesKvmsOwnLeavesAlone() =>
        Assert.Equal(0x4b4d_564bu, Leaf(CpuidTable.For(s_supported, 0, 1, tscDeadline: false), 0x4000_0000).Ebx);

    private static KvmCpuidEntry2 Leaf(KvmCpuidEntry2[] leaves, uint function) => leaves.Single(leaf => leaf.Function == function);
}

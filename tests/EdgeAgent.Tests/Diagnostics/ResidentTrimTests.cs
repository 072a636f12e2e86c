using MicroVm.EdgeAgent.Diagnostics;

namespace MicroVm.EdgeAgent.Tests.Diagnostics;

public sealed class ResidentTrimTests
{
    [Fact]
    public void Mappings_OfAProcess_AreTheFilesThatNothingWritesTo()
    {
        string[] lines =
        [
            "55d0c0000000-55d0c0012000 r--p 00000000 fe:00 100 /usr/lib/microvm/microvm-agent",
            "55d0c0012000-55d0c0576000 r-xp 00012000 fe:00 100 /usr/lib/microvm/microvm agent (deleted)",
            "55d0c0a00000-55d0c0a25000 rw-p 00a00000 fe:00 100 /usr/lib/microvm/microvm-agent",
            "7f0000000000-7f0000100000 rw-p 00000000 00:00 0 ",
            "7f0000100000-7f0000101000 r-xp 00000000 00:00 0                          [vdso]",
            "7f0000200000-7f0000208000 rw-s 00000000 fe:00 7 /var/lib/microvm/agent.db-shm",
        ];

        Assert.Equal(
            [(0x55d0c0000000, (nuint)0x12000, false), (0x55d0c0012000, (nuint)0x564000, true)],
            ResidentTrim.Mappings(lines).Select(static mapping => ((long)mapping.Address, mapping.Length, mapping.IsCode)));
    }

    [Fact]
    public void Mappings_OfThisProcess_AreThere() => Assert.NotEmpty(ResidentTrim.Mappings(File.ReadLines("/proc/self/maps")));
}

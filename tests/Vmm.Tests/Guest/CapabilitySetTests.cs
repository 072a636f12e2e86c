using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class CapabilitySetTests
{
    // What container engines give a root process, as /proc/self/status shows it.
    private const ulong Default = 0xa80425fb;

    [Theory]
    [InlineData("", "", Default)]
    [InlineData("CAP_NET_ADMIN", "", Default | (1ul << 12))]
    [InlineData("NET_ADMIN", "CAP_CHOWN", (Default | (1ul << 12)) & ~1ul)]
    [InlineData("CAP_CHOWN", "CAP_CHOWN", Default)]
    [InlineData("", "ALL", 0ul)]
    [InlineData("CAP_KILL", "ALL", 1ul << 5)]
    [InlineData("ALL", "", CapabilitySet.All)]
    [InlineData("ALL", "CAP_SYS_ADMIN", CapabilitySet.All & ~(1ul << 21))]
    public void From_AddedAndDropped_IsWhatContainerEnginesGive(string add, string drop, ulong expected) =>
        Assert.Equal(expected, CapabilitySet.From(Names(add), Names(drop)));

    [Theory]
    [InlineData("CAP_FLY")]
    [InlineData("cap_chown")]
    [InlineData("CAP_")]
    public void From_UnknownName_IsRefusedByName(string name) => Assert.StartsWith(
        $"capability '{name}'", Assert.Throws<WorkloadException>(() => CapabilitySet.From([], [name])).Message, StringComparison.Ordinal);

    private static string[] Names(string names) => names.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

using MicroVm.TestKit;

namespace MicroVm.Vmm.KvmTests;

public sealed class BinaryTests
{
    /// <summary>What the release may have, with some room to grow. The runtime's type loader alone, which nothing here needs, is 200 KiB.</summary>
    private const long BudgetBytes = 2_650_000;

    [Fact]
    public void Binary_StaysWithinItsBudget()
    {
        long bytes = new FileInfo(Artifacts.Vmm).Length;

        Assert.True(bytes <= BudgetBytes, $"microvm-vmm has {bytes} bytes, at most {BudgetBytes}: src/Vmm/docs/decisions/binary-size.md");
    }
}

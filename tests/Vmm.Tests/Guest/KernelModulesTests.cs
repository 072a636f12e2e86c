using MicroVm.Vmm.Guest.Boot;

namespace MicroVm.Vmm.Tests.Guest;

public class KernelModulesTests
{
    [Fact]
    public void ParseList_BlankLinesAndComments_AreSkipped() =>
        Assert.Equal(["/a.ko", "/b.ko"], KernelModules.ParseList("# order matters\n/a.ko\n\n  /b.ko \n"));
}

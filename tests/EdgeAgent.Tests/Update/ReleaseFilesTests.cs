using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Update;

namespace MicroVm.EdgeAgent.Tests.Update;

public sealed class ReleaseFilesTests
{
    private static readonly AgentOptions s_options = AgentOptionsReader.Defaults();

    [Fact]
    public void Apply_FilesOfTheSlot_TakeThePlaceOfThePackages()
    {
        AgentOptions applied = ReleaseFiles.Apply(s_options, "/data/slots/a", static path => path != "/data/slots/a/vmlinuz");
        Assert.Equal(
            ("/data/slots/a/microvm-vmm", "/data/slots/a/initramfs.cpio", "/usr/lib/microvm/vmlinuz"), (applied.VmmPath, applied.InitrdPath, applied.KernelPath));
    }

    [Fact]
    public void Apply_PathThatWasConfigured_Stays() =>
        Assert.Equal("/opt/vmm", ReleaseFiles.Apply(s_options with { VmmPath = "/opt/vmm" }, "/data/slots/a", static _ => true).VmmPath);
}

using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Arch.X64.CpuTemplates;

namespace MicroVm.Vmm.Tests.Control;

public sealed class CpuConfigApiTests : IDisposable
{
    private const string Template = """{"msr_modifiers":[{"addr":"0x8b","bitmap":"0b1"}]}""";

    private readonly ApiClientOfTests _api = new();

    public void Dispose() => _api.Dispose();

    [Fact]
    public void Put_ThenStart_StartsWithTheTemplate()
    {
        Assert.Equal((204, ""), _api.Request("PUT", "/cpu-config", Template));
        Assert.Equal(204, _api.Request("PUT", "/machine-config", """{"vcpu_count":2,"mem_size_mib":64,"cpu_template":null}""").Status);
        Assert.Equal(204, _api.Request("PATCH", "/machine-config", """{"mem_size_mib":32}""").Status);
        Assert.Contains("\"cpu-config\":null", _api.Request("GET", "/vm/config").Body, StringComparison.Ordinal);
        Assert.DoesNotContain("cpu_template", _api.Request("GET", "/machine-config").Body, StringComparison.Ordinal);
        _api.Request("PUT", "/boot-source", """{"kernel_image_path":"/k"}""");
        Assert.Equal(204, _api.Request("PUT", "/actions", """{"action_type":"InstanceStart"}""").Status);
        Assert.Equal([new MsrModifier(0x8b, new BitFilter(1, 1))], _api.Vm.Started[0].Machine.CpuTemplate!.Msrs);
        Assert.Contains("after starting", _api.Request("PUT", "/cpu-config", Template).Body, StringComparison.Ordinal);
    }

    [Fact]
    public void MachineConfig_StaticTemplateNone_DropsTheCustomOne()
    {
        _api.Request("PUT", "/cpu-config", Template);
        Assert.Equal(204, _api.Request("PATCH", "/machine-config", """{"cpu_template":"None"}""").Status);
        Assert.Null(_api.Config.Machine.CpuTemplate);
    }

    [Theory]
    [InlineData("PUT", "/machine-config", """{"vcpu_count":1,"mem_size_mib":64,"cpu_template":"T2"}""", "machine-config.cpu_template")]
    [InlineData("PATCH", "/machine-config", """{"cpu_template":"C3"}""", "custom template goes to cpu-config")]
    [InlineData("PUT", "/cpu-config", "[]", "cpu-config")]
    [InlineData("PUT", "/cpu-config", """{"reg_modifiers":[]}""", "aarch64")]
    public void Request_ForWhatIsNotThere_Is400AndChangesNothing(string method, string target, string body, string reason)
    {
        (int status, string answer) = _api.Request(method, target, body);
        Assert.Equal(400, status);
        Assert.Contains(reason, answer, StringComparison.Ordinal);
        Assert.Null(_api.Config.Machine.CpuTemplate);
    }
}

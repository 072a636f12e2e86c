using System.Text.Json;
using MicroVm.EdgeAgent.Doctor;

namespace MicroVm.EdgeAgent.Tests.Doctor;

public sealed class DoctorReportTests
{
    private static readonly CheckResult[] s_results =
    [
        CheckResult.Ok("architecture", "x86_64", "x86_64 or aarch64"),
        CheckResult.Warn("clock", "1970", "today", "start a time service"),
        CheckResult.Fail("kvm", "no /dev/kvm", "/dev/kvm", "modprobe kvm_amd"),
    ];

    [Fact]
    public void Text_HasALineForEachCheckAndAVerdict() => Assert.Equal(
        """
        ok   architecture: found x86_64; expected x86_64 or aarch64
        warn clock: found 1970; expected today; start a time service
        FAIL kvm: found no /dev/kvm; expected /dev/kvm; modprobe kvm_amd
        this host does not run VMs as it is: 1 failed, 1 warnings

        """,
        DoctorReport.ToText(s_results));

    [Fact]
    public void Text_WithoutAFailure_SaysThatVmsRun() =>
        Assert.EndsWith("this host runs VMs: 0 failed, 1 warnings\n", DoctorReport.ToText(s_results[..2]), StringComparison.Ordinal);

    [Fact]
    public void Json_IsOneLineWithEveryField()
    {
        string text = DoctorReport.ToJson(s_results, "1.2.3", "x86_64");
        Assert.DoesNotContain('\n', text);
        using JsonDocument document = JsonDocument.Parse(text);
        JsonElement root = document.RootElement;
        Assert.Equal("fail", root.GetProperty("status").GetString());
        Assert.Equal("1.2.3", root.GetProperty("agent").GetString());
        JsonElement kvm = root.GetProperty("checks")[2];
        Assert.Equal(
            ["kvm", "fail", "no /dev/kvm", "/dev/kvm", "modprobe kvm_amd"], kvm.EnumerateObject().Select(static property => property.Value.GetString()!));
    }
}

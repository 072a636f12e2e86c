using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Observed;

namespace MicroVm.EdgeAgent.Tests.Doctor;

/// <summary>The doctor on the machine that the tests run on, whatever that is.</summary>
public sealed class ThisHostTests
{
    private static HostFacts Look() => new HostProbe(new ProcFileSystem(), AgentOptionsReader.Defaults(), TimeProvider.System).Look();

    /// <summary>Cloud machines often have a KVM that opens and only emulates: the processor's flag says which kind this one is.</summary>
    [Fact]
    public void Virtualisation_FollowsTheProcessor()
    {
        HostFacts facts = Look();
        IReadOnlyList<CheckResult> results = HostChecks.Judge(facts);
        if (facts.Kvm.Opening != KvmOpening.Opened)
        {
            Assert.Equal(CheckStatus.Fail, results.Single(static result => result.Name == "kvm").Status);
            return;
        }

        CheckResult result = results.Single(static result => result.Name == "virtualisation");
        Assert.Equal(facts.Cpu.Virtualisation is null ? CheckStatus.Fail : CheckStatus.Ok, result.Status);
        if (facts.Cpu.Virtualisation is null)
        {
            Assert.Equal(GuestTrial.Emulated, facts.Kvm.Trial);
            Assert.Contains("KVM without hardware virtualisation behind it", result.Found, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kvm_WhereItOpens_HasWhatAVmmNeeds()
    {
        HostFacts facts = Look();
        Assert.Empty(facts.Kvm.MissingCapabilities);
        Assert.Contains(facts.Kvm.ApiVersion, (int[])[0, 12]);
    }

    [Fact]
    public async Task Command_PrintsEveryCheck_AndFailsWhereOneDoes()
    {
        using StringWriter output = new();
        bool isWell = await DoctorCommand.RunAsync(new CommandLine(AgentVerb.Doctor, "/nonexistent/agent.json"), output, "1.0.0");
        string text = output.ToString();
        Assert.Equal(!text.Contains("FAIL ", StringComparison.Ordinal), isWell);
        Assert.Contains("FAIL vmm: found no such file at /usr/lib/microvm/microvm-vmm", text, StringComparison.Ordinal);
    }
}

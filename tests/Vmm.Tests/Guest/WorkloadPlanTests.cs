using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class WorkloadPlanTests
{
    private static readonly AccountFiles s_accounts = AccountFiles.Parse("app:x:1000:1000::/home/app:/bin/sh\n", "app:x:1000:\n");

    [Fact]
    public void From_BareConfiguration_AddsPathAndHome()
    {
        WorkloadPlan plan = Plan(["run"], [], user: "app");
        Assert.Equal([$"PATH={WorkloadPlan.DefaultPath}", "HOME=/home/app"], plan.Environment);
        Assert.Equal("/", plan.WorkingDirectory);
    }

    [Fact]
    public void From_PathAndHomeGiven_KeepsThem()
    {
        WorkloadPlan plan = Plan(["run"], new() { ["PATH"] = "/opt", ["HOME"] = "/x", ["A"] = "b=c" }, user: "");
        Assert.Equal(["PATH=/opt", "HOME=/x", "A=b=c"], plan.Environment);
    }

    [Theory]
    [InlineData("run\0", "/", "A", "argument")]
    [InlineData("", "/", "A", "program")]
    [InlineData("run", "relative", "A", "working directory")]
    [InlineData("run", "/a\0", "A", "working directory")]
    [InlineData("run", "/", "A=B", "environment")]
    [InlineData("run", "/", "", "environment")]
    public void From_UnusableConfiguration_IsRefusedByField(string program, string directory, string variable, string subject)
    {
        WorkloadException e = Assert.Throws<WorkloadException>(
            () => Plan([program], new() { [variable] = "v" }, user: "", directory));
        Assert.StartsWith(subject, e.Message, StringComparison.Ordinal);
        Assert.Equal(WorkloadException.NotStarted, e.ExitCode);
        Assert.DoesNotContain('\0', e.Message);
    }

    [Fact]
    public void From_SecretVariable_TakesThePlaceOfOneOfItsName()
    {
        GuestConfig config = new(new ProcessSpec(["run"], new Dictionary<string, string> { ["KEY"] = "plain", ["PATH"] = "/", ["HOME"] = "/" }, "", ""), "guest", 5)
        {
            Secrets = [new GuestSecret("KEY", "", "sesame"u8.ToArray()), new GuestSecret("", "/run/secrets/file", [0])],
        };
        Assert.Equal(["PATH=/", "HOME=/", "KEY=sesame"], WorkloadPlan.From(config, s_accounts).Environment);
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0 })]
    [InlineData(new byte[] { 0xFF })]
    public void From_SecretThatIsNoText_IsRefusedWithoutSayingIt(byte[] value)
    {
        GuestConfig config = new(new ProcessSpec(["run"], new Dictionary<string, string>(), "", ""), "guest", 5) { Secrets = [new GuestSecret("KEY", "", value)] };
        WorkloadException e = Assert.Throws<WorkloadException>(() => WorkloadPlan.From(config, s_accounts));
        Assert.Equal("secret KEY: expected UTF-8 without NUL, found 'something else'", e.Message);
    }

    [Theory]
    [InlineData("RLIMIT_FILES")]
    [InlineData("NOFILE")]
    public void From_UnknownLimit_IsRefusedByName(string name)
    {
        ProcessSpec process = new(["run"], new Dictionary<string, string>(), "", "") { Limits = [new ResourceLimit(name, 1, 1)] };
        WorkloadException e = Assert.Throws<WorkloadException>(() => WorkloadPlan.From(new GuestConfig(process, "guest", 5), s_accounts));
        Assert.StartsWith($"limit '{name}'", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ExecStage_ArgumentsOfAPlan_ParseBackToIt()
    {
        ProcessIdentity identity = new(1000, 1001, [44, 29], "/home/app");
        WorkloadPlan plan = new(["/bin/run", "--exec-stage", "", "ü"], ["A=1", "B="], "/srv", identity)
        {
            HasTerminal = true,
            Capabilities = 5,
            Limits = [new ProcessLimit(7, 1, ulong.MaxValue)],
        };
        WorkloadPlan parsed = ExecStage.Parse(ExecStage.ArgumentsFor(plan).Skip(1).ToArray());
        Assert.Equal(plan.Arguments, parsed.Arguments);
        Assert.Equal(plan.Environment, parsed.Environment);
        Assert.Equal((plan.WorkingDirectory, 1000u, 1001u), (parsed.WorkingDirectory, parsed.Identity.Uid, parsed.Identity.Gid));
        Assert.Equal((true, 5ul), (parsed.HasTerminal, parsed.Capabilities));
        Assert.Equal(plan.Limits, parsed.Limits);
        Assert.Equal(identity.SupplementaryGroups, parsed.Identity.SupplementaryGroups);
    }

    [Theory]
    [InlineData("run", "PATH=/a:/b", "/a/run /b/run")]
    [InlineData("run", "PATH=:/b", "run /b/run")]
    [InlineData("./run", "PATH=/a", "./run")]
    [InlineData("/bin/run", "PATH=/a", "/bin/run")]
    public void ExecutableSearch_Program_IsLookedForInPathUnlessItHasASlash(string program, string path, string candidates) =>
        Assert.Equal(candidates, string.Join(' ', ExecutableSearch.Candidates(program, [path])));

    private static WorkloadPlan Plan(string[] arguments, Dictionary<string, string> environment, string user, string directory = "") =>
        WorkloadPlan.From(new GuestConfig(new ProcessSpec(arguments, environment, directory, user), "guest", 5), s_accounts);
}

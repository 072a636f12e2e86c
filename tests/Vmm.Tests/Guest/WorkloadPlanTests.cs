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
    public void ExecStage_ArgumentsOfAPlan_ParseBackToIt()
    {
        ProcessIdentity identity = new(1000, 1001, [44, 29], "/home/app");
        WorkloadPlan plan = new(["/bin/run", "--exec-stage", "", "ü"], ["A=1", "B="], "/srv", identity);
        WorkloadPlan parsed = ExecStage.Parse(ExecStage.ArgumentsFor(plan).Skip(1).ToArray());
        Assert.Equal(plan.Arguments, parsed.Arguments);
        Assert.Equal(plan.Environment, parsed.Environment);
        Assert.Equal((plan.WorkingDirectory, 1000u, 1001u), (parsed.WorkingDirectory, parsed.Identity.Uid, parsed.Identity.Gid));
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

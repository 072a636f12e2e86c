using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class ProcessIdentityTests
{
    private static readonly AccountFiles s_accounts = AccountFiles.Parse(
        "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:App,,,:/home/app:/bin/sh\n77:x:1077:1077::/srv:/bin/false\n",
        "root:x:0:\napp:x:1000:\nvideo:x:44:app,root\naudio:x:29:other, app\nvideo2:x:44:app\n88:x:2088:\n");

    [Theory]
    [InlineData("", 0u, 0u, "/root")]
    [InlineData("root", 0u, 0u, "/root")]
    [InlineData("app", 1000u, 1000u, "/home/app")]
    [InlineData("1000", 1000u, 1000u, "/home/app")]
    [InlineData("4242", 4242u, 0u, "/")]
    [InlineData("app:video", 1000u, 44u, "/home/app")]
    [InlineData("app:4343", 1000u, 4343u, "/home/app")]
    [InlineData("4242:app", 4242u, 1000u, "/")]
    [InlineData("4242:4343", 4242u, 4343u, "/")]
    [InlineData(":video", 0u, 44u, "/root")]
    [InlineData("app:", 1000u, 1000u, "/home/app")]
    [InlineData("77", 1077u, 1077u, "/srv")]
    [InlineData("0:88", 0u, 2088u, "/root")]
    public void Resolve_OciUser_FollowsNameThenNumber(string user, uint uid, uint gid, string home)
    {
        ProcessIdentity identity = ProcessIdentity.Resolve(user, s_accounts);
        Assert.Equal((uid, gid, home), (identity.Uid, identity.Gid, identity.Home));
    }

    [Theory]
    [InlineData("app", new uint[] { 44, 29 })]
    [InlineData("root", new uint[] { 44 })]
    [InlineData("app:app", new uint[0])]
    [InlineData("4242", new uint[0])]
    public void Resolve_SupplementaryGroups_AreThoseThatListTheUserUnlessAGroupIsGiven(string user, uint[] groups) =>
        Assert.Equal(groups, ProcessIdentity.Resolve(user, s_accounts).SupplementaryGroups);

    [Theory]
    [InlineData("nobody", "user 'nobody'")]
    [InlineData("-1", "user '-1'")]
    [InlineData("4294967295", "user '4294967295'")]
    [InlineData("app:staff", "group 'staff'")]
    [InlineData("app:video:x", "group 'video:x'")]
    public void Resolve_UnknownName_IsRefusedByName(string user, string subject)
    {
        WorkloadException e = Assert.Throws<WorkloadException>(() => ProcessIdentity.Resolve(user, s_accounts));
        Assert.StartsWith(subject, e.Message, StringComparison.Ordinal);
        Assert.Equal(WorkloadException.NotStarted, e.ExitCode);
    }
}

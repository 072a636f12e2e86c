using MicroVm.Vmm.Guest.Workload;

namespace MicroVm.Vmm.Tests.Guest;

public class AccountFilesTests
{
    [Fact]
    public void Parse_LinesThatAreNoEntries_AreSkipped()
    {
        AccountFiles accounts = AccountFiles.Parse(
            "# comment\n\n+::::::\nshort:x:1:1\nbad:x:one:1::/:\nover:x:4294967295:0::/:\ngood:x:5:6:g:/h:/s\nlast:x:7:8::/l:",
            "garbage\nwheel:x:10:a,,b\nempty:x:11:\nbad:x:-1:\n");
        Assert.Equal([new PasswdEntry("good", 5, 6, "/h"), new PasswdEntry("last", 7, 8, "/l")], accounts.Users);
        Assert.Equal([("wheel", 10u, "a b"), ("empty", 11u, "")], accounts.Groups.Select(g => (g.Name, g.Gid, string.Join(' ', g.Members))));
    }

    [Fact]
    public void Parse_NoFiles_HasNoEntries()
    {
        AccountFiles accounts = AccountFiles.Parse("", "");
        Assert.Empty(accounts.Users);
        Assert.Empty(accounts.Groups);
    }
}

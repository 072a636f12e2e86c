namespace MicroVm.Vmm.Guest.Workload;

/// <summary>Who the workload runs as.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
/// <param name="SupplementaryGroups">Further groups.</param>
/// <param name="Home">Home directory.</param>
internal sealed record ProcessIdentity(uint Uid, uint Gid, IReadOnlyList<uint> SupplementaryGroups, string Home)
{
    /// <summary>
    /// Resolves an OCI user (image specification, <c>config.User</c>): a name or uid, optionally <c>:</c> and a group name or
    /// gid; empty is root. A name goes before a number. With a group given there are no supplementary groups; without, the
    /// user's own group and those of <c>/etc/group</c> that list the user.
    /// </summary>
    /// <exception cref="WorkloadException">The image has no such name.</exception>
    internal static ProcessIdentity Resolve(string user, AccountFiles accounts)
    {
        int colon = user.IndexOf(':');
        string userPart = colon < 0 ? user : user[..colon];
        string groupPart = colon < 0 ? "" : user[(colon + 1)..];
        PasswdEntry entry = ResolveUser(userPart.Length == 0 ? "0" : userPart, accounts);
        return groupPart.Length > 0
            ? new ProcessIdentity(entry.Uid, ResolveGroup(groupPart, accounts), [], entry.Home)
            : new ProcessIdentity(entry.Uid, entry.Gid, SupplementaryGroupsOf(entry, accounts), entry.Home);
    }

    private static PasswdEntry ResolveUser(string user, AccountFiles accounts)
    {
        foreach (PasswdEntry entry in accounts.Users)
        {
            if (entry.Name == user)
            {
                return entry;
            }
        }

        if (!AccountFiles.TryParseId(user, out uint uid))
        {
            throw new WorkloadException(WorkloadException.NotStarted, $"user '{user}': expected a name of /etc/passwd or a number, found neither");
        }

        foreach (PasswdEntry entry in accounts.Users)
        {
            if (entry.Uid == uid)
            {
                return entry;
            }
        }

        return new PasswdEntry("", uid, 0, "/");
    }

    private static uint ResolveGroup(string group, AccountFiles accounts)
    {
        foreach (GroupEntry entry in accounts.Groups)
        {
            if (entry.Name == group)
            {
                return entry.Gid;
            }
        }

        return AccountFiles.TryParseId(group, out uint gid)
            ? gid
            : throw new WorkloadException(WorkloadException.NotStarted, $"group '{group}': expected a name of /etc/group or a number, found neither");
    }

    private static List<uint> SupplementaryGroupsOf(PasswdEntry user, AccountFiles accounts)
    {
        List<uint> groups = [];
        foreach (GroupEntry entry in accounts.Groups)
        {
            if (user.Name.Length > 0 && entry.Gid != user.Gid && entry.Members.Contains(user.Name) && !groups.Contains(entry.Gid))
            {
                groups.Add(entry.Gid);
            }
        }

        return groups;
    }
}

namespace MicroVm.Vmm.Guest.Workload;

/// <summary>What a line of <c>/etc/passwd</c> (passwd(5)) says that matters here.</summary>
internal readonly record struct PasswdEntry(string Name, uint Uid, uint Gid, string Home);

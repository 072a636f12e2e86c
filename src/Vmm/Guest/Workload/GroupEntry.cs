namespace MicroVm.Vmm.Guest.Workload;

/// <summary>What a line of <c>/etc/group</c> (group(5)) says that matters here.</summary>
internal readonly record struct GroupEntry(string Name, uint Gid, IReadOnlyList<string> Members);

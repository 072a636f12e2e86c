using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail.Filters;

namespace MicroVm.Vmm.Jail;

/// <summary>
/// The system calls that the process may make once a guest runs. One filter holds for every thread, those of the .NET runtime included;
/// a vCPU's thread gets a further one. A call that a filter does not allow ends the process with SIGSYS.
/// </summary>
internal sealed class SystemCallFilters
{
    private readonly SockFilter[]? _process;
    private readonly SockFilter[]? _vcpu;

    private SystemCallFilters(SockFilter[]? process, SockFilter[]? vcpu)
    {
        _process = process;
        _vcpu = vcpu;
    }

    /// <summary>The built-in ones.</summary>
    internal static SystemCallFilters BuiltIn() => new(null, null);

    /// <summary>
    /// The ones in this directory: vmm.bpf for every thread, vcpu.bpf for vCPUs on top. An api.bpf is not looked at, for this program has no
    /// thread for its API.
    /// </summary>
    /// <exception cref="Diagnostics.VmmFaultException">A file is missing or bad.</exception>
    internal static SystemCallFilters Load(string directory) =>
        new(FilterFile.Read($"{directory}/vmm.bpf"), FilterFile.Read($"{directory}/vcpu.bpf"));

    /// <summary>Closes what no thread of the process needs; just before the vCPUs are started.</summary>
    /// <exception cref="OsFaultException">The kernel refuses the filter.</exception>
    internal void InstallOnProcess()
    {
        Span<SockFilter> space = stackalloc SockFilter[DefaultFilters.Space];
        Seccomp.Install(_process is null ? DefaultFilters.WriteProcess(space, FilterTarget.Current) : _process, Seccomp.AllThreads);
    }

    /// <summary>Closes what the calling vCPU thread does not need either.</summary>
    /// <exception cref="OsFaultException">The kernel refuses the filter.</exception>
    internal void InstallOnVcpuThread()
    {
        Span<SockFilter> space = stackalloc SockFilter[DefaultFilters.Space];
        Seccomp.Install(_vcpu is null ? DefaultFilters.WriteVcpu(space, FilterTarget.Current) : _vcpu, 0);
    }
}

using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Boot.Loaders;

/// <summary>
/// A kernel that is read on a thread of its own, while KVM_CREATE_VM, which waits for a grace period more than it works, goes on
/// (docs/decisions/start-up.md).
/// </summary>
internal sealed class KernelLoading : IDisposable
{
    /// <summary>As large as a vCPU thread's, which then takes over the C library's cached one.</summary>
    private const int StackSizeBytes = 128 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Func<LoadedKernel> _load;
    private readonly NativeThread _thread;
    private LoadedKernel? _kernel;
    private Exception? _fault;

    private KernelLoading(Func<LoadedKernel> load)
    {
        _load = load;
        _thread = NativeThread.Start(Load, StackSizeBytes);
    }

    /// <summary>Begins to read; what <paramref name="load"/> uses must stay until <see cref="Await"/> or <see cref="Dispose"/> has returned.</summary>
    internal static KernelLoading Begin(Func<LoadedKernel> load) => new(load);

    /// <summary>Waits for the kernel.</summary>
    /// <exception cref="VmmFaultException">As the loading has it.</exception>
    internal LoadedKernel Await()
    {
        Dispose();
        return _kernel ?? throw _fault!;
    }

    /// <summary>Waits for the end of the reading, whatever came of it.</summary>
    public void Dispose()
    {
        while (!_thread.Join(s_patience))
        {
            // A file on a slow medium; the memory it is read into must stay.
        }
    }

    private void Load()
    {
        try
        {
            _kernel = _load();
        }
        catch (Exception fault)
        {
            // Belongs to whoever waits: an exception that left this thread would end the process.
            _fault = fault;
        }
    }
}

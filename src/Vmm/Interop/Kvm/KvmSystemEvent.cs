namespace MicroVm.Vmm.Interop.Kvm;

/// <summary><c>kvm_run.system_event.type</c>.</summary>
internal enum KvmSystemEvent : uint
{
    Shutdown = 1,
    Reset = 2,
    Crash = 3,
}

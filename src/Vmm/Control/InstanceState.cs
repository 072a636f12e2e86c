namespace MicroVm.Vmm.Control;

/// <summary>What the API says about the VM.</summary>
internal enum InstanceState
{
    NotStarted,
    Running,
    Paused,
}

namespace MicroVm.Vmm.Interop.Kvm.X64;

/// <summary><c>struct kvm_pit_config</c>.</summary>
internal unsafe struct KvmPitConfig
{
    /// <summary>KVM_PIT_SPEAKER_DUMMY: KVM also answers port 0x61.</summary>
    internal const uint FlagSpeakerDummy = 1;

    internal uint Flags;
    private fixed uint _padding[15];
}

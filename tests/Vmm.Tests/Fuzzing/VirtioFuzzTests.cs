using MicroVm.Vmm.Tests.Hostility;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>Every device type behind its transport against a guest that does anything: see <see cref="HostileGuest"/>.</summary>
public sealed class VirtioFuzzTests
{
    public static TheoryData<string> Targets => [.. VirtioSubject.Kinds];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Device_AgainstAnyGuest_HoldsItsInvariants(string target) => FuzzRun.Run(
        target,
        GuestActions.Sequence,
        guest => HostileGuest.Play(target, guest.RingFeatures, guest.Actions),
        guest => $"ring features 0x{guest.RingFeatures:x}\n{string.Join('\n', guest.Actions)}");
}

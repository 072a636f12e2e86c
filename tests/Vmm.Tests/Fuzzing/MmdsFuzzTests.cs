using CsCheck;

namespace MicroVm.Vmm.Tests.Fuzzing;

/// <summary>The metadata service against a guest whose frames are nearly right: see <see cref="MmdsPeer"/>.</summary>
public sealed class MmdsFuzzTests
{
    private static readonly Gen<MmdsAction> s_action = Gen.Select(
        Gen.Frequency(
            (3, Gen.Const(MmdsActionKind.Connect)),
            (8, Gen.Const(MmdsActionKind.Request)),
            (5, Gen.Const(MmdsActionKind.Bytes)),
            (6, Gen.Const(MmdsActionKind.Acknowledge)),
            (2, Gen.Const(MmdsActionKind.Flags)),
            (3, Gen.Const(MmdsActionKind.Damage)),
            (1, Gen.Const(MmdsActionKind.Arp)),
            (3, Gen.Const(MmdsActionKind.Wait)),
            (8, Gen.Const(MmdsActionKind.Take))),
        Gen.Byte[0, 19],
        Gen.UShort,
        Gen.Frequency((6, Gen.Const(0)), (2, Gen.Int[-3000, 3000]), (1, Gen.Int)),
        Gen.Byte.Array[0, 40]).Select((kind, port, choice, shift, bytes) => new MmdsAction(kind, port, choice, shift, bytes));

    [Fact]
    public void Service_AgainstAnyFrames_StaysBoundedAndServes() =>
        FuzzRun.Run("mmds", s_action.Array[1, 80], MmdsPeer.Play, actions => string.Join('\n', actions));
}

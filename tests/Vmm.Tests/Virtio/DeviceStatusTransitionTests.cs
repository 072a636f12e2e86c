using MicroVm.Vmm.Devices.Virtio.Transport;

namespace MicroVm.Vmm.Tests.Virtio;

public sealed class DeviceStatusTransitionTests
{
    private static readonly uint[] s_orderly = [0x00, 0x01, 0x03, 0x0b, 0x0f];

    [Fact]
    public void Next_InOrder_ReachesDriverOkAndActivates()
    {
        var status = DeviceStatus.None;
        var effect = StatusEffect.None;
        foreach (uint step in s_orderly[1..])
        {
            (status, effect) = DeviceStatusTransition.Next(status, (DeviceStatus)step, featuresAcceptable: true);
            Assert.Equal(step, (uint)status);
        }

        Assert.Equal(StatusEffect.Activate, effect);
    }

    [Fact]
    public void Next_EveryStatusAndEveryByte_TakesOnlyTheOrderlyStep()
    {
        for (int at = 0; at < s_orderly.Length; at++)
        {
            for (uint written = 1; written <= 0xff; written++)
            {
                var current = (DeviceStatus)s_orderly[at];
                DeviceStatusTransition next = DeviceStatusTransition.Next(current, (DeviceStatus)written, featuresAcceptable: true);
                uint driverBits = written & ~0x40u;
                if ((written & 0x80) != 0)
                {
                    Assert.Equal(current | DeviceStatus.Failed, next.Status);
                }
                else if (at + 1 < s_orderly.Length && driverBits == s_orderly[at + 1])
                {
                    Assert.Equal(driverBits, (uint)next.Status);
                }
                else
                {
                    Assert.Equal(current, next.Status);
                    Assert.Equal(driverBits == s_orderly[at] ? StatusEffect.None : StatusEffect.Refused, next.Effect);
                }
            }
        }
    }

    [Fact]
    public void Next_UnacceptableFeatures_LeavesFeaturesOkClear()
    {
        DeviceStatusTransition next = DeviceStatusTransition.Next((DeviceStatus)0x03, (DeviceStatus)0x0b, featuresAcceptable: false);
        Assert.Equal((0x03u, StatusEffect.Refused), ((uint)next.Status, next.Effect));
    }

    [Theory]
    [InlineData(0x00)]
    [InlineData(0x0f)]
    [InlineData(0x4f)]
    [InlineData(0x83)]
    [InlineData(0xcf)]
    public void Next_ZeroFromAnyState_Resets(uint current) =>
        Assert.Equal(
            new DeviceStatusTransition(DeviceStatus.None, StatusEffect.Reset),
            DeviceStatusTransition.Next((DeviceStatus)current, DeviceStatus.None, featuresAcceptable: true));

    [Theory]
    [InlineData(0x4b, 0x0f)]
    [InlineData(0x8b, 0x0f)]
    public void Next_AfterFaultOrFailure_CannotGoForward(uint current, uint written)
    {
        DeviceStatusTransition next = DeviceStatusTransition.Next((DeviceStatus)current, (DeviceStatus)written, featuresAcceptable: true);
        Assert.Equal((current, StatusEffect.Refused), ((uint)next.Status, next.Effect));
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Virtio;
using MicroVm.Vmm.Devices.Virtio.Balloon;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Tests.Virtio;

namespace MicroVm.Vmm.Tests.Hostility;

/// <summary>A balloon with every queue it can have.</summary>
internal sealed class BalloonSubject : VirtioSubject
{
    /// <summary>Above everything else that tests put into low RAM.</summary>
    private const ulong Page = 0x30_0000;

    internal override ulong Features =>
        BalloonFeature.Statistics | BalloonFeature.FreePageHinting | BalloonFeature.PageReporting | BalloonFeature.DeflateOnOutOfMemory;

    internal override int[] WorkedQueues => [0, 1, 2, 3, 4];

    internal override int RequestQueue => 0;

    internal override IVirtioDevice MakeDevice(EpollLoop loop) => new BalloonDevice(new BalloonConfig(1, true, 3600, true, true), loop);

    internal override (ulong Address, uint Length, bool Writable)[] LayRequest(TestDriver driver, ulong at)
    {
        uint frame = (uint)(Page >> 12);
        driver.Poke(Page, [0x55]);
        driver.Poke(at, MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in frame)));
        return [(at, sizeof(uint), false)];
    }

    /// <summary>A list of up to 63 frames, most of them RAM, whole or ragged.</summary>
    internal override (ulong Address, uint Length, bool Writable)[] LayVariant(TestDriver driver, ulong at, byte choice)
    {
        Span<uint> frames = stackalloc uint[64];
        for (int i = 0; i < frames.Length; i++)
        {
            frames[i] = (i % 8) switch
            {
                6 => uint.MaxValue - (uint)i,
                7 => (uint)(TestDriver.LowEnd >> 12) + choice,
                _ => (uint)(Page >> 12) + (choice % 64u) + (uint)i,
            };
        }

        driver.Poke(at, MemoryMarshal.AsBytes(frames));
        return [(at, choice, false)];
    }

    internal override void AssertServed(TestDriver driver, GuestQueue[] queues, ulong at) => Assert.Equal(0, driver.Peek(Page, 1)[0]);

    /// <summary>The timer of the statistics expires, or the API has another target, or begins or ends a run of hints.</summary>
    internal override void HostEvent(TestDriver driver, byte choice)
    {
        var balloon = (BalloonDevice)driver.Device;
        try
        {
            switch (choice % 4)
            {
                case 0:
                    balloon.SetTarget(choice);
                    break;
                case 1:
                    balloon.StartHinting(choice > 128);
                    break;
                case 2:
                    balloon.StopHinting();
                    break;
                default:
                    ExpireTimer(driver);
                    break;
            }
        }
        catch (VmmFaultException)
        {
            // The API's answer while no driver is there.
        }
    }

    /// <summary>Has the timer of the statistics expire now.</summary>
    internal void ExpireTimer(TestDriver driver) => Timer((BalloonDevice)driver.Device)!.Arm(new TimeSpan(1));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_timer")]
    private static extern ref TimerFd? Timer(BalloonDevice balloon);
}

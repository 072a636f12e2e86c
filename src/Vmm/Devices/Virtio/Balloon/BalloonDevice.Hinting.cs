using System.Runtime.InteropServices;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Devices.Virtio.Balloon;

/// <content>Free page hinting: the host asks, and the guest hands over what is free until it has no more.</content>
internal sealed partial class BalloonDevice
{
    /// <summary>The run that is asked for, and where the guest is with it.</summary>
    internal HintingState Hinting { get; } = new();

    /// <summary>Asks the guest for its free ranges.</summary>
    /// <exception cref="VmmFaultException">The guest has no driver for the device, or none that hints.</exception>
    internal void StartHinting(bool acknowledgesEnd) => ChangeHinting(acknowledgesEnd, static (state, flag) => state.Start(flag));

    /// <summary>Takes no more ranges, and lets the guest have those it handed over.</summary>
    /// <exception cref="VmmFaultException">The guest has no driver for the device, or none that hints.</exception>
    internal void StopHinting() => ChangeHinting(false, static (state, _) => state.Finish());

    private void ChangeHinting(bool flag, Action<HintingState, bool> change)
    {
        if (Volatile.Read(ref _activation) is VirtioActivation activation && (activation.Features & BalloonFeature.FreePageHinting) != 0)
        {
            lock (activation.Transport.Gate)
            {
                if (_activation == activation)
                {
                    change(Hinting, flag);
                    activation.Transport.NotifyConfigChanged();
                    return;
                }
            }
        }

        throw new VmmFaultException(ExitCode.HostCallFailed, "Device not activated yet.");
    }

    // A readable part is a command, always of four bytes; a writable part is a free range.
    private void TakeHint(VirtioActivation activation)
    {
        uint length = _buffers.ReadableBytes;
        if (length == sizeof(uint))
        {
            uint command = 0;
            _buffers.TryCopyFrom(0, MemoryMarshal.AsBytes(new Span<uint>(ref command)));
            if (Hinting.TakeGuestCommand(command))
            {
                activation.Transport.NotifyConfigChanged();
            }
        }
        else if (length != 0)
        {
            Metrics.MalformedRequests++;
        }

        if (_buffers.WritableBytes != 0)
        {
            Metrics.Hints++;
            if (Hinting.AcceptsRanges)
            {
                Metrics.HintedBytes += DiscardWritable(activation.Memory);
            }
        }
    }
}

using System.Buffers.Binary;

namespace MicroVm.Vmm.Devices.Virtio.Transport;

/// <content>The register file: virtio 1.2 section 4.2.2. Registers are 32 bits wide and aligned; anything else reads zeros and writes nothing.</content>
internal sealed partial class VirtioMmioDevice
{
    private const uint Magic = 0x74726976; // "virt"
    private const uint MmioVersion = 2;
    private const uint Vendor = 0x4d56564d; // "MVVM"

    private ulong OfferedFeatures => _device.OfferedFeatures | VirtioFeature.Ring;

    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        if (offset >= WindowBytes)
        {
            return;
        }

        if (offset >= MmioRegister.Config)
        {
            lock (Gate)
            {
                _device.ReadConfig((uint)offset - MmioRegister.Config, data);
            }
        }
        else if (data.Length == sizeof(uint) && offset % sizeof(uint) == 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data, ReadRegister((uint)offset));
        }
    }

    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (offset is MmioRegister.QueueNotify or MmioRegister.InterruptAck && data.Length == sizeof(uint))
        {
            WriteWithoutLock((uint)offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
            return;
        }

        lock (Gate)
        {
            if (offset is >= MmioRegister.Config and < WindowBytes)
            {
                WriteConfig((uint)offset - MmioRegister.Config, data);
            }
            else if (data.Length == sizeof(uint) && offset % sizeof(uint) == 0)
            {
                WriteRegister((uint)offset, BinaryPrimitives.ReadUInt32LittleEndian(data));
            }
            else
            {
                Metrics.RefusedWrites++;
            }
        }
    }

    private uint ReadRegister(uint offset)
    {
        switch (offset)
        {
            case MmioRegister.MagicValue:
                return Magic;
            case MmioRegister.Version:
                return MmioVersion;
            case MmioRegister.DeviceId:
                return (uint)_device.DeviceType;
            case MmioRegister.VendorId:
                return Vendor;
            case MmioRegister.InterruptStatus:
                return (uint)Volatile.Read(ref _interruptStatus);
            case MmioRegister.Status:
                return _status;
            case MmioRegister.SharedMemoryLengthLow or MmioRegister.SharedMemoryLengthHigh:
            case MmioRegister.SharedMemoryBaseLow or MmioRegister.SharedMemoryBaseHigh:
                // Section 4.2.2: a region that does not exist has length and base of all ones.
                return uint.MaxValue;
            default:
                lock (Gate)
                {
                    return ReadLockedRegister(offset);
                }
        }
    }

    private uint ReadLockedRegister(uint offset) => offset switch
    {
        MmioRegister.DeviceFeatures => _deviceFeaturesSelect switch
        {
            0 => (uint)OfferedFeatures,
            1 => (uint)(OfferedFeatures >> 32),
            _ => 0,
        },
        MmioRegister.QueueSizeMax => _queueSelect < _queueConfigs.Length ? _device.QueueMaxSizes[(int)_queueSelect] : 0u,
        MmioRegister.QueueReady => _queueSelect < _queueConfigs.Length && _queueConfigs[_queueSelect].Ready ? 1u : 0u,
        MmioRegister.ConfigGeneration => _configGeneration,
        _ => 0,
    };

    private void WriteWithoutLock(uint offset, uint value)
    {
        if (offset == MmioRegister.InterruptAck)
        {
            Interlocked.And(ref _interruptStatus, ~(int)value);
        }
        else if (value < _doorbells.Length)
        {
            // The usual path is KVM_IOEVENTFD, which never gets here.
            _doorbells[value].Signal();
        }
    }

    private void WriteConfig(uint offset, ReadOnlySpan<byte> data)
    {
        if ((Status & DeviceStatus.Driver) != 0 && (Status & (DeviceStatus.Failed | DeviceStatus.NeedsReset)) == 0)
        {
            _device.WriteConfig(offset, data);
        }
        else
        {
            Metrics.RefusedWrites++;
        }
    }

    private void WriteRegister(uint offset, uint value)
    {
        switch (offset)
        {
            case MmioRegister.Status:
                WriteStatus(value);
                break;
            case MmioRegister.DeviceFeaturesSelect:
                _deviceFeaturesSelect = value;
                break;
            case MmioRegister.DriverFeaturesSelect:
                _driverFeaturesSelect = value;
                break;
            case MmioRegister.QueueSelect:
                _queueSelect = value;
                break;
            case MmioRegister.DriverFeatures:
                WriteDriverFeatures(value);
                break;
            default:
                WriteQueueRegister(offset, value);
                break;
        }
    }

    private void WriteDriverFeatures(uint value)
    {
        // Section 3.1.1: features are negotiated between DRIVER and FEATURES_OK, and fixed afterwards.
        bool negotiating = Status == (DeviceStatus.Acknowledge | DeviceStatus.Driver);
        if (!negotiating || _driverFeaturesSelect > 1)
        {
            // A driver may clear pages that do not exist.
            Metrics.RefusedWrites += negotiating && value == 0 ? 0 : 1;
            return;
        }

        int shift = (int)_driverFeaturesSelect * 32;
        _acceptedFeatures = (_acceptedFeatures & ~((ulong)uint.MaxValue << shift)) | ((ulong)value << shift);
    }

    private void WriteQueueRegister(uint offset, uint value)
    {
        // The status must be exactly "features agreed, not running": a queue whose registers could change while it runs would
        // have passed its checks with other values (CVE-2026-5747).
        bool configurable = Status == (DeviceStatus.Acknowledge | DeviceStatus.Driver | DeviceStatus.FeaturesOk);
        if (!configurable || _queueSelect >= _queueConfigs.Length)
        {
            Metrics.RefusedWrites++;
            return;
        }

        ref Queue.VirtqueueConfig queue = ref _queueConfigs[_queueSelect];
        if (offset == MmioRegister.QueueReady)
        {
            queue.Ready = (value & 1) != 0;
        }
        else if (queue.Ready || !TrySetQueueField(ref queue, offset, value))
        {
            Metrics.RefusedWrites++;
        }
    }

    private static bool TrySetQueueField(ref Queue.VirtqueueConfig queue, uint offset, uint value)
    {
        switch (offset)
        {
            case MmioRegister.QueueSize:
                queue.Size = value;
                return true;
            case MmioRegister.QueueDescLow or MmioRegister.QueueDescHigh:
                SetHalf(ref queue.DescriptorTable, offset == MmioRegister.QueueDescHigh, value);
                return true;
            case MmioRegister.QueueDriverLow or MmioRegister.QueueDriverHigh:
                SetHalf(ref queue.AvailableRing, offset == MmioRegister.QueueDriverHigh, value);
                return true;
            case MmioRegister.QueueDeviceLow or MmioRegister.QueueDeviceHigh:
                SetHalf(ref queue.UsedRing, offset == MmioRegister.QueueDeviceHigh, value);
                return true;
            default:
                return false;
        }
    }

    private static void SetHalf(ref ulong field, bool high, uint value) =>
        field = high ? (field & uint.MaxValue) | ((ulong)value << 32) : (field & ~(ulong)uint.MaxValue) | value;
}

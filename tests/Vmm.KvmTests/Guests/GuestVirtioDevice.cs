namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>A virtio-mmio driver as a tiny guest has it: polling, VIRTIO_F_VERSION_1 alone, a fixed window per device.</summary>
internal sealed class GuestVirtioDevice
{
    private const uint FirstWindow = 0xd000_0000;
    private const uint WindowSize = 0x1000;
    private const uint QueueMemory = 0x1000;

    private const uint Status = 0x070;
    private const byte NeedsReset = 0x40;
    private const uint RegisterQueueSelect = 0x030;

    private readonly GuestProgram _program;
    private readonly uint _window;

    /// <summary>Emits the initialisation of device number <paramref name="slot"/> with that many queues, from reset to DRIVER_OK.</summary>
    internal GuestVirtioDevice(GuestProgram program, int slot, int queueCount)
    {
        _program = program;
        _window = FirstWindow + ((uint)slot * WindowSize);
        program.MapDeviceMemory(FirstWindow);
        Write(0x070, 0).Write(0x070, 1).Write(0x070, 3);
        Write(0x024, 1).Write(0x020, 1).Write(0x024, 0).Write(0x020, 0);
        Write(0x070, 11);
        Queues = new GuestVirtioQueue[queueCount];
        for (uint i = 0; i < queueCount; i++)
        {
            GuestVirtioQueue queue = QueueOf(program, slot, (int)i);
            Queues[i] = queue;
            Write(0x030, i).Write(0x038, GuestVirtioQueue.Size);
            Write(0x080, queue.Descriptors).Write(0x084, 0);
            Write(0x090, queue.Available).Write(0x094, 0);
            Write(0x0a0, queue.Used).Write(0x0a4, 0);
            Write(0x044, 1);
        }

        Write(0x070, 15);
    }

    internal GuestVirtioQueue[] Queues { get; }

    /// <summary>A queue by its place alone, without setting it up.</summary>
    internal static GuestVirtioQueue QueueOf(GuestProgram program, int slot, int index) => new(
        program,
        FirstWindow + ((uint)slot * WindowSize),
        (uint)index,
        GuestProgram.ScratchAddress + ((((uint)slot * 4) + (uint)index) * QueueMemory));

    /// <summary>First address of the device's registers.</summary>
    internal uint Window => _window;

    /// <summary>Writes nonsense to every register of every queue.</summary>
    internal GuestVirtioDevice SpoilQueueRegisters()
    {
        for (uint queue = 0; queue <= Queues.Length; queue++)
        {
            Write(RegisterQueueSelect, queue);
            foreach (uint register in (uint[])[0x038, 0x080, 0x084, 0x090, 0x094, 0x0a0, 0x0a4, 0x044])
            {
                Write(register, register == 0x044 ? 0 : 0xffff_fff3);
            }
        }

        return this;
    }

    /// <summary>Spins until the device has stopped because of what the guest did.</summary>
    internal GuestVirtioDevice WaitUntilItNeedsReset()
    {
        _program.WaitForBits32(_window + Status, NeedsReset);
        return this;
    }

    private GuestVirtioDevice Write(uint register, uint value)
    {
        _program.Store32(_window + register, value);
        return this;
    }
}

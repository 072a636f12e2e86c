namespace MicroVm.Vmm.KvmTests.Guests;

/// <summary>
/// A vsock driver for one connection (virtio 1.2, section 5.10), polling. r12 counts the packets taken from the receive queue, r13 points
/// to the last one. It never gives receive buffers back: a test sends less than there are.
/// </summary>
internal sealed class GuestVsock
{
    internal const ushort Request = 1;
    internal const ushort Response = 2;
    internal const ushort Shutdown = 4;
    internal const ushort ReadWrite = 5;

    private const uint GuestCid = 3;
    private const uint HostCid = 2;
    private const uint HeaderSize = 44;
    private const uint ReceiveBuffers = GuestProgram.ScratchAddress + 0x20_0000;
    private const uint TransmitBuffer = GuestProgram.ScratchAddress + 0x30_0000;
    private const uint BufferStride = 0x2000;
    private const byte BufferStrideShift = 13;

    private readonly GuestProgram _program;
    private readonly GuestVirtioQueue _receive;
    private readonly GuestVirtioQueue _transmit;

    /// <summary>Emits the initialisation of device number <paramref name="slot"/> and offers all receive buffers.</summary>
    internal GuestVsock(GuestProgram program, int slot)
    {
        _program = program;
        GuestVirtioQueue[] queues = new GuestVirtioDevice(program, slot, queueCount: 3).Queues;
        _receive = queues[0];
        _transmit = queues[1];
        for (uint i = 0; i < GuestVirtioQueue.Size; i++)
        {
            _receive.Offer(new GuestBuffer(ReceiveBuffers + (i * BufferStride), 4096 + HeaderSize, Writable: true));
        }

        _receive.Ring();
        program.Emit(0x45, 0x31, 0xe4); // xor r12d, r12d
    }

    /// <summary>Takes packets until one has this operation; the others, such as credit updates, are dropped.</summary>
    internal GuestVsock WaitFor(ushort operation)
    {
        int loop = _program.Position;
        _program.Emit(0xf3, 0x90).LoadEdi(_receive.UsedIndex)
            .Emit(0x66, 0x44, 0x39, 0x27).JumpIfEqual(loop) // cmp [rdi], r12w
            .Emit(0x45, 0x89, 0xe5) // mov r13d, r12d
            .Emit(0x41, 0x83, 0xe5, (byte)(GuestVirtioQueue.Size - 1)) // and r13d, size - 1
            .Emit(0x41, 0xc1, 0xe5, BufferStrideShift) // shl r13d, shift
            .Emit(0x41, 0x81, 0xc5).Imm32(ReceiveBuffers) // add r13d, buffers
            .Emit(0x41, 0xff, 0xc4) // inc r12d
            .Emit(0x66, 0x41, 0x81, 0x7d, 30).Imm16(operation) // cmp word [r13 + 30], operation
            .JumpIfNotEqual(loop);
        return this;
    }

    /// <summary>Sends a packet between fixed ports with the bytes at <paramref name="payload"/>.</summary>
    internal GuestVsock Send(ushort operation, uint guestPort, uint hostPort, uint payload = 0, uint length = 0)
    {
        WriteHeader(operation, length);
        _program.Store32(TransmitBuffer + 16, guestPort).Store32(TransmitBuffer + 20, hostPort);
        if (length > 0)
        {
            _program.Copy(TransmitBuffer + HeaderSize, payload, length);
        }

        return Transmit(length);
    }

    /// <summary>Answers the last packet, sending its first <paramref name="length"/> payload bytes back.</summary>
    internal GuestVsock Answer(ushort operation, uint length = 0)
    {
        WriteHeader(operation, length);
        _program
            .Emit(0x41, 0x8b, 0x45, 20).LoadEdi(TransmitBuffer + 16).Emit(0x89, 0x07) // its destination port is our source port
            .Emit(0x41, 0x8b, 0x45, 16).LoadEdi(TransmitBuffer + 20).Emit(0x89, 0x07);
        if (length > 0)
        {
            LoadPayload().LoadEdi(TransmitBuffer + HeaderSize).LoadEcx(length).Emit(0xf3, 0xa4);
        }

        return Transmit(length);
    }

    /// <summary>Prints the first bytes of the last packet's payload.</summary>
    internal GuestVsock PrintPayload(uint length)
    {
        LoadPayload().LoadDx(0x3f8).LoadEcx(length).Emit(0xf3, 0x6e);
        return this;
    }

    // lea rsi, [r13 + 44]
    private GuestProgram LoadPayload() => _program.Emit(0x49, 0x8d, 0x75, (byte)HeaderSize);

    private void WriteHeader(ushort operation, uint length)
    {
        const ushort stream = 1;
        const uint receiveWindow = 0x1_0000;
        _program.Store64(TransmitBuffer, GuestCid).Store64(TransmitBuffer + 8, HostCid)
            .Store32(TransmitBuffer + 24, length)
            .Store16(TransmitBuffer + 28, stream).Store16(TransmitBuffer + 30, operation)
            .Store32(TransmitBuffer + 32, 0)
            .Store32(TransmitBuffer + 36, receiveWindow).Store32(TransmitBuffer + 40, 0);
    }

    private GuestVsock Transmit(uint length)
    {
        _transmit.Offer(new GuestBuffer(TransmitBuffer, HeaderSize + length, Writable: false)).Ring().WaitForAll();
        return this;
    }
}

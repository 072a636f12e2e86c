using System.Runtime.InteropServices;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Devices.Legacy;

/// <summary>
/// Standard input into the serial port. It is watched only while the port has room, and not at all when it is something epoll
/// refuses, as /dev/null and plain files are.
/// </summary>
internal sealed unsafe class StandardInputSource : IEventSource
{
    private const int StandardInput = 0;

    private readonly EpollLoop _loop;
    private readonly Serial16550 _serial;
    private int _room = SerialFifo.Capacity;

    private StandardInputSource(EpollLoop loop, Serial16550 serial)
    {
        _loop = loop;
        _serial = serial;
        Action resume = Resume;
        serial.InputRoomAvailable = () => loop.Post(resume);
    }

    /// <summary>Starts to feed <paramref name="serial"/> when standard input can be watched.</summary>
    internal static void Attach(EpollLoop loop, Serial16550 serial)
    {
        StandardInputSource source = new(loop, serial);
        try
        {
            loop.Add(StandardInput, EpollLoop.In, source, 0);
        }
        catch (OsFaultException)
        {
            // Closed, /dev/null or a plain file: the guest then has no input.
            serial.InputRoomAvailable = null;
        }
    }

    public void OnReady(uint events, uint token)
    {
        byte* buffer = stackalloc byte[SerialFifo.Capacity];
        // SAFETY: the buffer holds Capacity bytes and _room is never more.
        nint count = Libc.read(StandardInput, buffer, (nuint)_room);
        if (count < 0 && Marshal.GetLastPInvokeError() is Errno.Interrupted or Errno.Again)
        {
            return;
        }

        if (count <= 0)
        {
            _loop.Remove(StandardInput);
            return;
        }

        _room = _serial.Receive(new ReadOnlySpan<byte>(buffer, (int)count));
        if (_room == 0)
        {
            // Removed, not muted: a hang-up is reported even for a muted descriptor and would spin the loop.
            _loop.Remove(StandardInput);
        }
    }

    private void Resume()
    {
        _room = SerialFifo.Capacity;
        _loop.Add(StandardInput, EpollLoop.In, this, 0);
    }
}

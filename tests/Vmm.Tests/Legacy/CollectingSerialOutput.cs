using System.Text;
using MicroVm.Vmm.Devices.Legacy;

namespace MicroVm.Vmm.Tests.Legacy;

internal sealed class CollectingSerialOutput : ISerialOutput
{
    private readonly List<byte> _bytes = [];

    internal string Text => Encoding.Latin1.GetString([.. _bytes]);

    internal bool IsFull { get; set; }

    public bool TryWrite(byte value)
    {
        if (!IsFull)
        {
            _bytes.Add(value);
        }

        return !IsFull;
    }
}

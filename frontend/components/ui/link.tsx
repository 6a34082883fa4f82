'use client';

import NextLink from 'next/link';
import { useRouter } from 'next/navigation';
import { useState, type ComponentProps } from 'react';

type Props = Omit<ComponentProps<typeof NextLink>, 'prefetch' | 'href'> & { href: string };

/**
 * A link within the product. Next would fetch what every link on the screen leads to while the page is still starting; this one fetches when
 * the pointer or the focus comes near it, which on the machine it is served from is early enough.
 */
export function Link({ href, ...rest }: Props) {
  const router = useRouter();
  const [near, setNear] = useState(false);
  const approach = () => {
    if (near) return;
    setNear(true);
    router.prefetch(href);
  };
  return <NextLink {...rest} href={href} prefetch={false} onPointerEnter={approach} onFocus={approach} />;
}
